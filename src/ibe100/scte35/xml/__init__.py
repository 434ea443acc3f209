"""Sections as XML: TSDuck's, and that of SCTE 35 itself."""
