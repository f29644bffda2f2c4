namespace WhatsApp.Grains.Abstractions.Contacts;

/// <summary>A phone ↔ LID pair to enter by hand. Normalised account addresses.</summary>
[GenerateSerializer, Alias("wa.LidPairEntry")]
public sealed record LidPairEntry([property: Id(0)] string Phone, [property: Id(1)] string Lid);

/// <summary>A known pair.</summary>
/// <param name="Phone">e.g. 5511999990000@s.whatsapp.net.</param>
/// <param name="Lid">e.g. 123@lid.</param>
/// <param name="Source">message | usync | contact | history | manual.</param>
/// <param name="UpdatedAt">When it was learned.</param>
[GenerateSerializer, Alias("wa.LidMappingInfo")]
public sealed record LidMappingInfo([property: Id(0)] string Phone, [property: Id(1)] string Lid, [property: Id(2)] string Source, [property: Id(3)] DateTimeOffset UpdatedAt);

/// <summary>A pair that was not taken. Reason: server-learned | own-account.</summary>
[GenerateSerializer, Alias("wa.LidMappingConflict")]
public sealed record LidMappingConflict([property: Id(0)] LidPairEntry Pair, [property: Id(1)] string Reason, [property: Id(2)] IReadOnlyList<LidMappingInfo> Existing);

/// <summary>What became of the pairs.</summary>
[GenerateSerializer, Alias("wa.LidMappingsTaken")]
public sealed record LidMappingsTaken([property: Id(0)] int Created, [property: Id(1)] int Updated, [property: Id(2)] IReadOnlyList<LidMappingConflict> Conflicts);

/// <summary>Filter and page of the pairs.</summary>
/// <param name="Lid">Only this LID.</param>
/// <param name="Phone">Only this phone number.</param>
/// <param name="Limit">1 … 200.</param>
/// <param name="Cursor">Phone digits of the last pair seen; null = from the start.</param>
[GenerateSerializer, Alias("wa.LidMappingQuery")]
public sealed record LidMappingQuery([property: Id(0)] string? Lid, [property: Id(1)] string? Phone, [property: Id(2)] int Limit, [property: Id(3)] string? Cursor);

/// <summary>A page in order of phone number. Cursor null = last page.</summary>
[GenerateSerializer, Alias("wa.LidMappingPage")]
public sealed record LidMappingPage([property: Id(0)] IReadOnlyList<LidMappingInfo> Items, [property: Id(1)] string? NextCursor, [property: Id(2)] int Total);
