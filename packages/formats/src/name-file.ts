/**
 * What `open` gives. An error of a damaged file says which file it is: readers of formats know bytes, not names.
 */
export async function nameFile<T>(path: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof Error && "code" in error && !error.message.includes(path))
      error.message = `${path}: ${error.message}`;
    throw error;
  }
}
