"""`/health` of the running app: below its prefix, without a cookie, and false as soon as nothing can be kept."""

import httpx2

from tests.support.chatkeep_app import chatkeep
from tests.support.processes import wait_for


def test_health_says_when_nothing_can_be_kept(data):
    with chatkeep(data, STREAMLIT_SERVER_BASE_URL_PATH="chat") as server, httpx2.Client() as client:
        url = f"{server.url}/health"
        assert url.endswith("/chat/health")
        ready = client.get(url)
        assert (ready.status_code, ready.text) == (200, '{"ready":true}')
        assert "set-cookie" not in ready.headers
        assert (client.head(url).status_code, client.head(url).text) == (200, "")
        data.rename(data.with_name("elsewhere"))
        wait_for(lambda: client.get(url).status_code == 503, "it is seen that the data folder is gone")
        assert client.get(url).text == '{"ready":false,"why":"missing"}'
        assert client.get(f"{server.url}/").status_code == 200
        assert not data.exists()
