"""What a picture does not show by itself: whether all of the page can be reached and has a name."""

# What a person would have to scroll sideways to see, also where the page hides that it is too wide
CUT_OFF = """() => [...document.body.querySelectorAll("*")].filter(node => {
        const box = node.getBoundingClientRect();
        return node.checkVisibility({visibilityProperty: true, opacityProperty: true})
            && box.width > 1 && box.height > 1 && !node.matches(".skip-link")
            && (box.right > innerWidth + 1 || box.left < -1);
    }).map(node => node.outerHTML.slice(0, 120))"""


def fits(window):
    wide = window.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{wide} pixels too wide"
    assert window.page.evaluate(CUT_OFF) == []


# Elements that a person can use and that say nothing to somebody who cannot see them
UNNAMED = """() => [
        ...document.querySelectorAll("button, input, select, textarea, a[href], [role=slider], [role=meter]")
    ].filter(node => node.checkVisibility() && !(node.getAttribute("aria-label") || node.innerText?.trim() || node.title
        || [...(node.labels ?? [])].some(label => label.innerText.trim() || label.textContent.trim())))
    .map(node => node.outerHTML.slice(0, 120))"""


def row_of(window, name):
    """Where the open note shows its copy in a store."""
    return window.page.locator(f'[data-testid="replica"][data-store="{name}"]')


def card_of(window, name):
    """A store in the storage view."""
    return window.page.locator(f'[data-testid="store"][data-store="{name}"]')
