/** The browser's storage; where its settings forbid one, a storage that is always full. */
export const browserStorage: Storage = allowed();

function allowed(): Storage {
  try {
    return localStorage;
  } catch (forbidden) {
    return {
      length: 0,
      key: () => null,
      getItem: () => null,
      setItem: () => {
        throw forbidden;
      },
      removeItem: () => {},
      clear: () => {},
    };
  }
}
