"""Reports in tsp's forms: JSON, InfluxDB, TR 101 290."""
