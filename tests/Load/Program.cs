using WhatsApp.Load;

IScenario[] scenarios =
[
    new GroupScenario(), new MediaFileScenario(), new MediaBurstScenario(), new FailoverScenario(), new UpgradeScenario(), new IdleScenario(), new ColdStartScenario(), new SendScenario(), new ReceiveScenario(),
    new RoundTripScenario(), new MixedScenario(), new SoakScenario(),
];
if (args is not [var name, .. var rest] || scenarios.FirstOrDefault(one => one.Name == name) is not { } scenario)
{
    await Console.Error.WriteLineAsync("dotnet run -c Release --project tests/Load -- SCENARIO [ARGUMENTS]");
    foreach (var known in scenarios)
        await Console.Error.WriteLineAsync($"  {known.Name} {known.Usage}");
    return 2;
}
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
try
{
    var report = await scenario.RunAsync(rest, stop.Token);
    await report.WriteAsync(Console.Out);
    return report.Problems.Count == 0 ? 0 : 1;
}
catch (FormatException problem)
{
    await Console.Error.WriteLineAsync($"{problem.Message}\n  {scenario.Name} {scenario.Usage}");
    return 2;
}
