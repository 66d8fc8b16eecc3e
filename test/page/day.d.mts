/** Sends half a day of an office to a gateway. */
export declare function sendDay(url: string, now?: number): Promise<void>;
