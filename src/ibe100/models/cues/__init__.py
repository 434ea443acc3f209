"""Values about cues: contracts, schedule, segmentation, the cue log, as-run rows, return receipts."""
