export declare function againIfItFails<T>(what: string, fetchIt: () => Promise<T>): Promise<T>;
export declare function missingCommand(message: string): Error;
