/** Copies a text; false where the browser forbids it. */
export async function copyText(text: string, doc: Document): Promise<boolean> {
  const clipboard: Clipboard | undefined = doc.defaultView?.navigator.clipboard;
  if (clipboard !== undefined) {
    try {
      await clipboard.writeText(text);
      return true;
    } catch {
      // Not permitted: the older way may be.
    }
  }
  // Without TLS there is no clipboard object, except on localhost.
  const area = doc.createElement("textarea");
  const focused = doc.activeElement;
  area.value = text;
  area.className = "offscreen";
  doc.body.append(area);
  area.select();
  try {
    return doc.execCommand("copy");
  } catch {
    return false;
  } finally {
    area.remove();
    if (focused !== null && "focus" in focused) (focused as HTMLElement).focus();
  }
}
