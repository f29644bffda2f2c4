using WhatsApp.Sandbox;

CommandLine line;
try
{
    line = CommandLine.Parse(args, Environment.GetEnvironmentVariable("PORT"));
}
catch (FormatException problem)
{
    Console.Error.WriteLine(problem.Message);
    Console.Error.WriteLine(CommandLine.Usage);
    return 2;
}

using var stop = new CancellationTokenSource();
using var interrupted = Shutdown.On(stop);

await using var network = await SandboxNetwork.StartAsync(
    new SandboxOptions { Port = line.Port, Tls = line.Tls, KeyDirectory = line.KeyDirectory }, stop.Token);
StartupText.Network(network);

await using var gateway = line.ServerOnly ? null : await EmbeddedGateway.StartAsync(network, line, stop.Token);
StartupText.FirstSteps(network, gateway?.Url);

await Shutdown.WaitAsync(stop.Token);
return 0;
