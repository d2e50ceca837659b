"""JupyterLab in a real browser, used as a learner does, and waiting for conditions only."""

import queue
import re
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from coursekit.course.doctor import find_browser

# Generous: none is waited for in full unless something is broken, and a busy machine is not a failure.
_START_S = 120
_UI_MS = 60_000
_RUN_MS = 300_000

_CHROMIUM_OPTIONS = [
    "--no-sandbox",  # Chromium refuses to run as root otherwise; it only ever opens our own server
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# JupyterLab attaches cells to the page when they come near; its own model knows all of them at any time.
_TAB = "window.jupyterapp.shell.currentWidget"
_NOTEBOOK = f"{_TAB}.content"
_CODE_CELLS = f"{_NOTEBOOK}.widgets.filter(c => c.model.type === 'code')"
_CELL = f"{_NOTEBOOK}.widgets.find(c => c.model.id === id)"


@contextmanager
def lab_server(folder: Path) -> Iterator[str]:
    """Run `coursekit lab` on a folder, on a free port.

    Yields:
        The address to open, with its token as `%s` leaves room for the path: "http://127.0.0.1:1234/lab%s?token=…".
    """
    command = [
        str(Path(sysconfig.get_path("scripts")) / "coursekit"),
        *("lab", "--no-browser", "--port=0", "--expose-app-in-browser", f"--ServerApp.root_dir={folder}"),
    ]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    lines: queue.Queue[str | None] = queue.Queue()

    def read(stream=server.stderr) -> None:
        for line in stream:
            lines.put(line)
        lines.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        said = []
        while (line := lines.get(timeout=_START_S)) is not None:
            said.append(line)
            if found := re.search(r"(http://127\.0\.0\.1:\d+/lab)\?(token=\w+)", line):
                yield f"{found[1]}%s?{found[2]}"
                return
        raise AssertionError(
            f"{sys.executable}: `coursekit lab` ended before it served anything:\n{''.join(said)}"
        )
    finally:
        server.terminate()
        server.wait(timeout=_START_S)
        reader.join(timeout=_START_S)
        server.stderr.close()


@contextmanager
def lab_page(folder: Path) -> Iterator["LabPage"]:
    """JupyterLab on a folder, in a browser that has never been used before."""
    with lab_server(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=_CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(_UI_MS)
        yield LabPage(page, address)
        browser.close()


class LabPage:
    """The one browser tab that a test works in."""

    def __init__(self, page: Page, address: str):
        self.page = page
        self.elsewhere: list[str] = []
        """Addresses outside this machine that the page asked for."""
        self._address = address
        here = address.split("/lab")[0]
        page.on("request", lambda request: self._note(request.url, here))

    def _note(self, url: str, here: str) -> None:
        if not url.startswith((here, "data:", "blob:")):
            self.elsewhere.append(url)

    def open_file_browser(self) -> list[str]:
        """Open JupyterLab; return the names that the file browser lists."""
        self.page.goto(self._address % "")
        names = self.page.locator(".jp-DirListing-itemName")
        names.first.wait_for()
        return names.all_inner_texts()

    def open(self, name: str) -> None:
        """Open a notebook from the file browser and wait until its kernel is ready."""
        self.page.locator(".jp-DirListing-itemName", has_text=name).dblclick()
        self.page.wait_for_function(f"{_TAB}?.sessionContext?.session?.kernel?.status === 'idle'")

    def dialogs(self) -> list[str]:
        """What JupyterLab asks or announces on top of the page."""
        return self.page.locator(".jp-Dialog, .jp-toast, .Toastify__toast").all_inner_texts()

    def run_all(self) -> None:
        """Choose "Run All Cells" in the menu and wait for the end."""
        self._forget_results()
        self.page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
        self.page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
        self._wait_for_results("true")

    def run_cell(self, cell_id: str) -> None:
        """Press Ctrl+Enter in a cell and wait until it has run."""
        self._forget_results(cell_id)
        self._editor(cell_id).press("Control+Enter")
        self._wait_for_results(f"cell.model.id === {cell_id!r}")

    def set_cell_source(self, cell_id: str, source: str) -> None:
        """Replace the text of a cell by typing."""
        editor = self._editor(cell_id)
        editor.press("Control+a")
        # Not key by key: the editor would close brackets and indent on top of ours.
        self.page.keyboard.insert_text(source)
        self.page.wait_for_function(
            f"([id, text]) => {_CELL}.model.sharedModel.getSource() === text",
            arg=[cell_id, source],
        )

    def wait_for_text(self, cell_id: str, text: str) -> None:
        """Wait until a learner reads this text beneath a cell."""
        self._cell(cell_id).locator(".jp-Cell-outputArea").get_by_text(text).wait_for()

    def errors(self) -> dict[str, str]:
        """Cell id -> error, of every cell that shows one."""
        return dict(
            self.page.evaluate(
                f"""{_CODE_CELLS}.flatMap(c => c.model.outputs.toJSON()
                .filter(o => o.output_type === 'error').map(o => [c.model.id, o.ename + ': ' + o.evalue]))"""
            )
        )

    def move_slider(self, cell_id: str, label: str, keys: str = "ArrowRight") -> None:
        """Press a key on a slider and wait until its number has changed."""
        slider = (
            self._cell(cell_id)
            .locator(".widget-slider")
            .filter(has=self.page.locator(f'label:text-is("{label}")'))
        )
        number = slider.locator(".widget-readout")
        before = number.inner_text()
        slider.locator("[role=slider]").press(keys)
        self.page.wait_for_function(
            "([node, before]) => node.innerText !== before", arg=[number.element_handle(), before]
        )

    def choose(self, cell_id: str, label: str, option: str) -> None:
        """Choose an option in a drop-down menu."""
        menu = (
            self._cell(cell_id)
            .locator(".widget-dropdown")
            .filter(has=self.page.locator(f'label:text-is("{label}")'))
        )
        menu.locator("select").select_option(label=option)

    def press(self, cell_id: str, icon: str) -> None:
        """Press the button that shows this icon, such as "play"; one that isn't there yet is waited for."""
        self._cell(cell_id).locator(f".jupyter-button:has(i.fa-{icon})").click()

    def picture(self, cell_id: str) -> bytes:
        """The bytes of the picture that a widget shows now."""
        return self._bytes(self._image(cell_id).get_attribute("src"))

    def changed_picture(self, cell_id: str, before: bytes) -> bytes:
        """Wait until a widget shows another picture; return its bytes."""
        # A loop of our own: wait_for_function takes the promise of an async condition for a yes.
        handle = self._image(cell_id).element_handle()
        picture = self.page.evaluate(
            """async ([node, before, end]) => {
                for (const start = Date.now(); Date.now() - start < end;) {
                    const bytes = new Uint8Array(await (await fetch(node.src)).arrayBuffer());
                    if (bytes.length !== before.length || bytes.some((value, i) => value !== before[i]))
                        return [...bytes];
                    await new Promise(resolve => setTimeout(resolve, 50));
                }
                throw new Error('the picture stayed as it was');
            }""",
            [handle, list(before), _UI_MS],
        )
        return bytes(picture)

    def _bytes(self, source: str | None) -> bytes:
        return bytes(
            self.page.evaluate(
                "async url => [...new Uint8Array(await (await fetch(url)).arrayBuffer())]", source
            )
        )

    def _image(self, cell_id: str) -> Locator:
        return self._cell(cell_id).locator("img.widget-image")

    def _cell(self, cell_id: str) -> Locator:
        """Scroll to a cell, so that JupyterLab attaches it to the page."""
        index = self.page.evaluate(
            f"""async id => {{
                const index = {_NOTEBOOK}.widgets.findIndex(cell => cell.model.id === id);
                if (index >= 0) await {_NOTEBOOK}.scrollToItem(index, 'center');
                return index;
            }}""",
            cell_id,
        )
        assert index >= 0, f"the notebook has no cell {cell_id!r}"
        return self.page.locator(f'.jp-Notebook-cell[data-windowed-list-index="{index}"]')

    def _editor(self, cell_id: str) -> Locator:
        editor = self._cell(cell_id).locator(".cm-content")
        editor.click()
        return editor

    def _forget_results(self, cell_id: str | None = None) -> None:
        """A notebook comes with outputs and numbers: without them, "has run" has one meaning."""
        self.page.evaluate(
            f"""id => {_CODE_CELLS}.filter(c => id === null || c.model.id === id)
            .forEach(c => c.model.clearExecution())""",
            cell_id,
        )

    def _wait_for_results(self, which: str) -> None:
        """Wait until the chosen cells have run, or one that failed has stopped the others."""
        self.page.wait_for_function(
            f"""() => {{
                const cells = {_CODE_CELLS}.filter(c => c.model.sharedModel.getSource());
                const failed = cells.some(c => c.model.outputs.toJSON().some(o => o.output_type === 'error'));
                const idle = {_TAB}.sessionContext.session.kernel.status === 'idle';
                const ran = cells.filter(cell => {which})
                    .every(c => c.model.executionCount !== null && c.model.executionState === 'idle');
                return idle && (ran || failed);
            }}""",
            timeout=_RUN_MS,
        )
