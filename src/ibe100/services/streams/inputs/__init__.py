"""Inputs of streams: looked at, waited for, held, and compared with the plan that was made of them."""
