/**
 * The version that made a result: results are a function of scenario, manifest, seed and version, so it is part
 * of them. It stands here, and not only in package.json, because a result may be made where no file can be read.
 */
export const VERSION = '0.1.0';
