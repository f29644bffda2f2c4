using System.Globalization;
using WhatsApp.Sandbox.Network;

namespace WhatsApp.Clusters;

/// <summary>What must hold after every fault, seen from outside: by the phones, the network, the webhook receiver and the database.</summary>
public static class Invariants
{
    /// <summary>Waits until everything of a traffic that has stopped is through, then says what is wrong; empty = nothing.</summary>
    /// <param name="traffic">Stopped.</param>
    /// <param name="audit">Of the database; null = not kept.</param>
    /// <param name="seconds">Longest wait.</param>
    /// <param name="others">Instances that were linked beside those of the traffic.</param>
    public static async Task<IReadOnlyList<string>> CheckAsync(Traffic traffic, OwnershipAudit? audit, int seconds = 90, int others = 0)
    {
        ArgumentNullException.ThrowIfNull(traffic);
        List<string> problems = [];
        try
        {
            await traffic.Cluster.UntilAsync(() => Task.FromResult(IsThrough(traffic)), "everything is through", seconds);
        }
        catch (TimeoutException)
        {
            // What is missing is told below.
        }
        Received(traffic, problems);
        Sent(traffic, problems);
        Network(traffic, others, problems);
        if (audit is not null)
            problems.AddRange(await audit.StrangersAsync());
        return problems;
    }

    /// <summary>Companions that logged in again or lost their socket since then, though their owner was left alone.</summary>
    public static IReadOnlyList<string> Disturbed(Traffic traffic, TimeSpan since, IReadOnlySet<string> moved)
    {
        ArgumentNullException.ThrowIfNull(traffic);
        var numbers = traffic.Instances.Where(instance => !moved.Contains(instance.Id)).Select(instance => instance.Phone.PhoneNumber).ToHashSet(StringComparer.Ordinal);
        return [.. traffic.Cluster.Network.Connections.Since(since).Where(step => numbers.Contains(step.PhoneNumber)).Select(step => step.PhoneNumber).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Texts that never came through: the customer's to the webhook, accepted ones to the phone.</summary>
    public static int Lost(Traffic traffic)
    {
        ArgumentNullException.ThrowIfNull(traffic);
        var received = traffic.Cluster.Inbox.Texts.ToHashSet(StringComparer.Ordinal);
        var arrived = traffic.Customer.Messages.Select(message => message.MessageId).ToHashSet(StringComparer.Ordinal);
        return traffic.Written.Sum(pair => Enumerable.Range(1, pair.Value).Count(n => !received.Contains(Text(pair.Key, n)))) + traffic.Sends.Count(send => send.Accepted && !arrived.Contains(send.MessageId));
    }

    /// <summary>Texts that came through more than once: to the webhook in two events, to the phone in two messages.</summary>
    public static int Doubled(Traffic traffic)
    {
        ArgumentNullException.ThrowIfNull(traffic);
        return Extra(traffic.Cluster.Inbox.Texts.Where(text => text.StartsWith("to ", StringComparison.Ordinal)))
            + Extra(traffic.Customer.Messages.Select(message => message.Text).OfType<string>().Where(text => text.StartsWith("from ", StringComparison.Ordinal)));
    }

    private static int Extra(IEnumerable<string> texts) => texts.GroupBy(text => text, StringComparer.Ordinal).Sum(group => group.Count() - 1);

    // Connections too: one that is just being made again is not wrong.
    private static bool IsThrough(Traffic traffic) => Lost(traffic) == 0 && !WithoutOneSocket(traffic).Any();

    // Every text the customer wrote is at the receiver, in order, once by event id: the inbox leaves out what it has had.
    private static void Received(Traffic traffic, List<string> problems)
    {
        var byInstance = traffic.Cluster.Inbox.Texts.Where(text => text.StartsWith("to ", StringComparison.Ordinal)).Select(text => text.Split(' '))
            .GroupBy(words => words[1], StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Select(words => int.Parse(words[2], CultureInfo.InvariantCulture)).ToList(), StringComparer.Ordinal);
        foreach (var (id, count) in traffic.Written)
        {
            var numbers = byInstance.GetValueOrDefault(id, []);
            if (Enumerable.Range(1, count).Except(numbers).ToList() is { Count: > 0 } lost)
                problems.Add($"{id}: {lost.Count} texts of the customer never reached the webhook, the first is {lost[0]} of {count}");
            if (numbers.Count != numbers.Distinct().Count())
                problems.Add($"{id}: a text of the customer came in two events");
            if (!numbers.SequenceEqual(numbers.Order()))
                problems.Add($"{id}: texts of the customer reached the webhook out of order: {string.Join(' ', numbers.TakeLast(30))}");
        }
    }

    // Every accepted send reached the phone once; by text too, so that one sent again under another id is seen.
    private static void Sent(Traffic traffic, List<string> problems)
    {
        var arrived = traffic.Customer.Messages.Where(message => message.Text?.StartsWith("from ", StringComparison.Ordinal) == true).ToList();
        var ids = arrived.Select(message => message.MessageId).ToHashSet(StringComparer.Ordinal);
        foreach (var send in traffic.Sends)
            if (!send.Accepted)
                problems.Add($"{send.Text}: not accepted within {send.Took.TotalSeconds:0} s: {string.Join(' ', send.Refusals)}");
            else if (!ids.Contains(send.MessageId))
                problems.Add($"{send.Text}: accepted, and never reached the phone");
        problems.AddRange(arrived.GroupBy(message => message.Text, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => $"{group.Key}: reached the phone {group.Count()} times"));
    }

    private static void Network(Traffic traffic, int others, List<string> problems)
    {
        var stats = traffic.Cluster.Network.Stats;
        if (stats.Pairings != traffic.Instances.Count + others)
            problems.Add($"{stats.Pairings} pairings for {traffic.Instances.Count + others} instances: somebody needed a new QR");
        if (stats.Violations > 0)
            problems.Add($"{stats.Violations} violations of the protocol: {string.Join("; ", stats.LastViolations)}");
        problems.AddRange(WithoutOneSocket(traffic).Select(pair => $"{pair.PhoneNumber} has {pair.Open} sockets"));
    }

    private static IEnumerable<(string PhoneNumber, int Open)> WithoutOneSocket(Traffic traffic)
    {
        var open = traffic.Cluster.Network.Connections.Since(TimeSpan.Zero).GroupBy(step => step.PhoneNumber, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Sum(step => step.Step switch { ConnectionStepKind.Login or ConnectionStepKind.TakeOver => 1, ConnectionStepKind.Closed => -1, _ => 0 }), StringComparer.Ordinal);
        return traffic.Instances.Select(instance => (instance.Phone.PhoneNumber, Open: open.GetValueOrDefault(instance.Phone.PhoneNumber))).Where(pair => pair.Open != 1);
    }

    private static string Text(string id, int number) => $"to {id} {number.ToString(CultureInfo.InvariantCulture)}";
}
