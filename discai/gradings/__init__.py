"""Gradings of a disc beside its herniation: Pfirrmann's, narrowing, bulging, slip, Modic changes.

May import what lies below it, above all `herniation`, whose crops and measures of a disc it shares.
"""
