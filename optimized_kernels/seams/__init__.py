"""Places in MLX that a program may replace.

``interface`` says what a program exports and imports no MLX; ``matmul`` routes products through a program;
``install`` puts a seam into MLX and takes it out again.
"""
