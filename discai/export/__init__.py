"""Results in the languages of others: DICOM for the archive a scan came from, NIfTI for research.

`source` reads whose slices a result lies on, `answer` is what it says, `dicom_seg`, `dicom_sr` and
`dicom_pdf` each make one kind of object that names nobody, and `dicom` has `patient` put the
source's identity in as the last step: it goes from header to header, in memory.

May import `pictures` and the rooms below it.
"""
