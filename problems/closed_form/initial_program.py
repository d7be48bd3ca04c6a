"""Five constants whose fitness has a closed form: evaluation takes milliseconds and is exact to the bit."""

# EVOLVE-BLOCK-START
U = 2.0
V = 1.0
X = -2.5
Y = 0.5
Z = 2
# EVOLVE-BLOCK-END
