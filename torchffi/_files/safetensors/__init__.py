"""safetensors files: read and written without the safetensors library."""
