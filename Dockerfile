# The service as it runs: Node 24 and production dependencies, no build step, nothing of the playground.
FROM node:24.21.0-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Nothing that production needs has an install script.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM node:24.21.0-slim
ARG COMMIT=unknown
ENV NODE_ENV=production COMMIT=$COMMIT
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY sql sql
COPY src src
USER node
EXPOSE 8080
STOPSIGNAL SIGTERM
# Works with a read-only root file system; files on their way lie in /tmp.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 8080}/healthz`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Not npm: it does not pass signals on.
CMD ["node", "--disable-proto=delete", "src/main.ts"]
