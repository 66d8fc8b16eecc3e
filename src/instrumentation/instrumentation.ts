import type { ImportModule } from '../loading/module-hook.ts';
import type { Adaptation, Operation } from './client/observer.ts';
import type { Recorder } from './recorder.ts';

/** The instrumentation of one SDK. `start()` and `register` take a list of them. */
export interface Instrumentation {
  readonly name: string;
  /** The name of the SDK's package. */
  readonly packageName: string;
  readonly operations: readonly Operation[];
  readonly adaptations: readonly Adaptation[];
  /** Instruments every copy of the package that the process loads. A second call is harmless. */
  hook(): void;
  /** Instruments the ES modules of an application that were linked before {@link hook} was called. */
  hookLinked(importModule: ImportModule): Promise<void>;
  /** Ends the spans that only wait for the application to read more. Called by `forceFlush`. */
  drain?(recorder: Recorder): void;
  /** Ends every span that is still open. Called by `shutdown` and at the end of the process. */
  end?(recorder: Recorder): void;
  stats?(recorder: Recorder): InstrumentationStats;
}

export interface InstrumentationStats {
  /** Runs that were recorded without their answer, because the application did not read it. */
  readonly outputUnseen: number;
}
