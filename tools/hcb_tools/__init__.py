"""Front ends of hcb in Python: training steps written as hcb.v1."""
