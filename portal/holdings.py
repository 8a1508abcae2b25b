"""The register of what every domain keeps."""
