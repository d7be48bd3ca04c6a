"""Programs in other people's training: checked, installed, counted, taken out again.

``enable`` is the way in, ``patchboard`` knows what is in MLX, ``check`` compares a program with stock MLX,
``handle`` is what users hold, ``script`` runs an unmodified training script.
"""
