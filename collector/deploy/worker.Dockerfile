# spanport worker and spanport up. Build: docker build -f collector/deploy/worker.Dockerfile --build-arg VERSION=0.1.0 .
FROM node:22-slim
ARG VERSION
RUN npm install --global --omit=dev spanport@${VERSION} @platformatic/kafka@1
USER node
ENTRYPOINT ["spanport"]
CMD ["worker"]
