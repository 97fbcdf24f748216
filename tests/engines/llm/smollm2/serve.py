"""llama.cpp's own server around one GGUF file: `python serve.py MODEL.gguf --host 127.0.0.1 --port 8080`."""

from __future__ import annotations

import argparse
import signal

MODEL = "small"  # its name to clients
CONTEXT = 4096  # tokens of a request with its answer
THREADS = 1  # more wait for each other where cores are shared


def main() -> None:
    import xllamacpp

    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--most", type=int, default=-1, help="tokens of an answer")
    said = parser.parse_args()
    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = said.file, {MODEL}
    params.hostnames, params.port = [said.host], said.port
    params.n_parallel, params.n_ctx, params.n_predict, params.n_gpu_layers = 1, CONTEXT, said.most, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = THREADS
    params.verbosity = 1
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
