"""The stochastic program: states and events as a tree of instances, solved as one program (docs/states.md)."""
