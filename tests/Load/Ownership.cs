using System.Net.Http.Json;
using System.Text.Json;
using WhatsApp.Sandbox.Network;

namespace WhatsApp.Load;

/// <summary>Who owns what, as a gateway tells, and when what has moved is open again, as WhatsApp sees it.</summary>
internal static class Ownership
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    /// <summary>Ids of the instances of one silo.</summary>
    /// <param name="http">A gateway.</param>
    /// <param name="port">Of the silo.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<HashSet<string>> OwnedAsync(HttpClient http, string port, CancellationToken cancellationToken)
    {
        HashSet<string> owned = [];
        string? cursor = null;
        do
        {
            var page = await http.GetFromJsonAsync<JsonElement>($"/instances?limit=200{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}", cancellationToken);
            foreach (var item in page.GetProperty("items").EnumerateArray())
                if (item.GetProperty("node").GetString() is { } node && node.Split(':', '@')[1] == port)
                    owned.Add(item.GetProperty("instanceId").GetString()!);
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        return owned;
    }

    /// <summary>Seconds since then until each of these instances had asked for its backlog again, in order; those that never did are missing.</summary>
    public static async Task<List<double>> ReopenedAsync(Clusters.Traffic traffic, IReadOnlySet<string> moved, TimeSpan since, TimeSpan patience, CancellationToken cancellationToken)
    {
        var connections = traffic.Cluster.Network.Connections;
        var waiting = traffic.Instances.Where(instance => moved.Contains(instance.Id)).Select(instance => instance.Phone.PhoneNumber).ToHashSet(StringComparer.Ordinal);
        List<double> times = [];
        while (waiting.Count > 0 && connections.Now - since < patience)
        {
            foreach (var step in connections.Since(since))
                if (step.Step == ConnectionStepKind.Active && waiting.Remove(step.PhoneNumber))
                    times.Add((step.At - since).TotalSeconds);
            await Task.Delay(BetweenLooks, cancellationToken);
        }
        times.Sort();
        return times;
    }
}
