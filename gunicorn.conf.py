"""How gunicorn serves the web; read by itself from the working directory. WEB_CONCURRENCY sets the workers."""

import gc
import os

bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT') or 8000}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = "gthread"
threads = 8
# Loaded once before the fork: less memory, and a wrong setting ends gunicorn in place of restarting workers for ever.
preload_app = True
timeout = 30
graceful_timeout = 5
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
control_socket_disable = True


def post_fork(server: object, worker: object) -> None:
    """Let the collector pass over what was loaded before the fork, and come less often: a page makes some thousand
    objects, nearly all of which die by counting."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
