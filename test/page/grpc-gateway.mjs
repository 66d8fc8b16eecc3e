/** A gateway that also receives OTLP over gRPC, on free ports. Prints its addresses, and stops with its input. */
import { startGateway } from '../../dist/gateway.js';

const gateway = await startGateway({ port: 0, grpcPort: 0, data: process.argv[2] });
process.stdout.write(`${JSON.stringify({ url: gateway.url, grpcUrl: gateway.grpcUrl })}\n`);
process.stdin.resume().once('end', () => gateway.close());
