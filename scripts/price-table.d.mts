export declare const PROVIDER_IDS: readonly string[];
export declare function compactPriceTable(): string;
export declare function priceTable(): { readonly name: string; load(id: string): string | null };
