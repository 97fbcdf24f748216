"""
Which part of a translation a span of the source became, with what proves it.

A file of terms, the span's own translation standing once in that of its sentence, markers carried by the translator,
word links of eflomal: the first that proves it. What nothing proves has no link.
"""
