using System.Text.Json;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Grains.Instances;

/// <summary>Compares create requests by content, so that a create is safe to repeat. Pure.</summary>
internal static class CreateRequests
{
    /// <summary>True when both ask for the same; the order of metadata and headers does not matter.</summary>
    public static bool AreSame(CreateInstance one, CreateInstance other) => Canonical(one) == Canonical(other);

    // Records compare lists and dictionaries by reference; their JSON compares by content.
    private static string Canonical(CreateInstance request) => JsonSerializer.Serialize(request with
    {
        Metadata = Sorted(request.Metadata),
        Webhooks = [.. request.Webhooks.Select(webhook => webhook with { Headers = Sorted(webhook.Headers), Gone = false })],
        WantedNumber = null,
    });

    private static SortedDictionary<string, string> Sorted(IReadOnlyDictionary<string, string> texts) =>
        new(texts.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
}
