"""From facts to claims: what the assets of features, training and predictions do inside."""
