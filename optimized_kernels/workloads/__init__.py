"""Training steps that programs are measured on: model, data, optimizer, loop."""
