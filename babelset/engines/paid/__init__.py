"""Translation services that are paid by the character."""
