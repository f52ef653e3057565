"""Ports of the local cloud where nothing else has them, by the name of the part that listens."""

USUAL_PORTS = {
    "web": 5173,
    "firestore": 8080,
    "pubsub": 8085,
    "storage": 4443,
    "auth": 9099,
    "eventarc": 5001,
    "inference-service": 8060,
    "vertex": 8095,
}
#: Of the archive, where there is one.
ARCHIVE_PORTS = {"orthanc": 8042, "orthanc-dicom": 4242}
FIRST_FUNCTION_PORT = 8070
