"""MPEG transport streams (ISO/IEC 13818-1, ETSI EN 300 468): packets, tables, time stamps, analysis."""
