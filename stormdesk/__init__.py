"""The command line that starts everything else."""
