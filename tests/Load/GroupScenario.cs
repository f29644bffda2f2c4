using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Load;

/// <summary>
/// Ten texts to a large group: the first opens a session with every device and gives it our sender key, the others encrypt once.
/// Time is that of the REST call, until WhatsApp's ack; CPU and memory are the gateway's alone.
/// </summary>
internal sealed class GroupScenario : IScenario
{
    private const int Texts = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public string Name => "group";

    public string Usage => "MEMBERS [DEVICES]   ten texts to one group, DEVICES (1) per member: time and CPU of each, memory";

    public async Task<Report> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var (members, devices) = Read(arguments);
        await using var network = await SandboxNetwork.StartAsync(cancellationToken: cancellationToken);
        var phones = Enumerable.Range(0, members).Select(i => network.AddPhone(string.Create(CultureInfo.InvariantCulture, $"55119{i:00000000}"))).ToList();
        foreach (var phone in phones.Skip(1))
            phone.AddSilentCompanions(devices - 1);
        await using var gateway = await GatewayProcess.StartAsync(network, cancellationToken);
        await gateway.LinkAsync("load", phones[0], cancellationToken);
        await gateway.UntilIdleAsync(cancellationToken);
        var joining = gateway.CpuMs;
        var group = network.AddGroup("Load", [.. phones.Select(phone => phone.PhoneNumber)]).Id.ToString();
        await gateway.UntilIdleAsync(cancellationToken);
        (joining, var before) = (gateway.CpuMs - joining, gateway.Memory.Now);

        var report = new Report(Name, "text", "answered ms", "cpu ms", "cpu ms with receipts", "rss MB");
        for (var text = 1; text <= Texts; text++)
        {
            var (clock, cpu) = (Stopwatch.StartNew(), gateway.CpuMs);
            using var answer = await gateway.Http.PostAsJsonAsync("/instances/load/sendMessage", new { to = group, message = $"text {text}" }, cancellationToken);
            var (elapsed, used) = (clock.Elapsed.TotalMilliseconds, gateway.CpuMs - cpu);
            if (!answer.IsSuccessStatusCode)
                report.Problems.Add($"text {text}: {await answer.Content.ReadAsStringAsync(cancellationToken)}");
            await Task.WhenAll(phones.Select(phone => ReadAsync(phone, $"text {text}", cancellationToken)));
            await gateway.UntilIdleAsync(cancellationToken);
            report.Add(text, elapsed, used, gateway.CpuMs - cpu, gateway.Memory.Now);
        }
        report.Figures["members"] = members;
        report.Figures["devices written to"] = (members - 1) * devices + 1;
        report.Figures["cpu ms of joining"] = joining;
        report.Figures["rss MB before the first"] = before;
        report.Figures["rss MB at its highest"] = gateway.Memory.Peak;
        Check(report, network, phones);
        return report;
    }

    private static (int Members, int Devices) Read(string[] arguments)
    {
        var members = arguments.Length > 0 && int.TryParse(arguments[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) ? first : 0;
        var devices = arguments.Length > 1 ? int.TryParse(arguments[1], NumberStyles.None, CultureInfo.InvariantCulture, out var second) ? second : 0 : 1;
        return members is >= 2 and <= 1024 && devices is >= 1 and <= 5 ? (members, devices) : throw new FormatException("2 to 1024 members with 1 to 5 devices each");
    }

    private static async Task ReadAsync(VirtualPhone phone, string text, CancellationToken cancellationToken) =>
        await phone.WaitForMessageAsync(message => message.Text == text, cancellationToken).WaitAsync(Patience, cancellationToken);

    private static void Check(Report report, SandboxNetwork network, List<VirtualPhone> phones)
    {
        if (phones.Count(phone => phone.Messages.Count != Texts) is > 0 and var wrong)
            report.Problems.Add($"{wrong} members have not read each text once");
        if (network.Stats is { RetryReceipts: > 0 or < 0 } retried)
            report.Problems.Add($"{retried.RetryReceipts} retry receipts");
        if (network.Stats is { Violations: > 0 } violated)
            report.Problems.Add(string.Join("; ", violated.LastViolations));
    }
}
