import type { Hono } from "hono";
import { assets } from "../build/page.ts";
import { assetRoutes } from "./asset-routes.ts";

/** The chat page: `/` and its files under `/assets/`. Mounted with `app.route("/", pageRoutes())`. */
export const pageRoutes = (): Hono => assetRoutes(assets);
