export declare const PROVIDER_IDS: readonly string[];
export declare function compactPriceTable(ids?: readonly string[]): string;
export declare function commonProviderIds(): readonly string[];
export declare function priceTable(): { readonly name: string; load(id: string): string | null };
