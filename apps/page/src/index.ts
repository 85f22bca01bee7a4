// Serving the page
export { type Asset, assetRoutes } from "./asset-routes.ts";
export { pageRoutes } from "./page-routes.ts";
