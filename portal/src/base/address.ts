/** The parts of a civic address that are written on one line. */
export type AddressParts = Partial<Record<
    'houseNumber' | 'houseNumberSuffix' | 'preDirectional' | 'streetName' | 'streetSuffix' | 'postDirectional' | 'cityOrTown' | 'cityOrTownAlias' | 'countyOrDistrict' | 'stateOrProvince' | 'postalOrZipCode' | 'country',
    string
>>;

const joined = (separator: string, ...parts: (string | undefined)[]) => parts.filter((part) => part?.trim()).join(separator);

/** "12 North Example Street, London, SW1A 1AA, GB" */
export function addressLine(address: AddressParts): string {
    const street = joined(' ', joined('', address.houseNumber, address.houseNumberSuffix), address.preDirectional, address.streetName, address.streetSuffix, address.postDirectional);
    return joined(', ', street, address.cityOrTown ?? address.cityOrTownAlias, address.countyOrDistrict, address.stateOrProvince, address.postalOrZipCode, address.country);
}
