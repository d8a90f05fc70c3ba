"""What a flow costs, so that a later change can be compared. Apart from the tests: nothing here passes or fails."""
