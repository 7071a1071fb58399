"""Rules by which an owner splits capacity among customers, as closed forms over orders and capacity."""
