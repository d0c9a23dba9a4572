"""Streamlit: shows and asks; holds no SQL, no rule and no model."""
