using WhatsApp.Sandbox;

try
{
    var line = CommandLine.Parse(args, Environment.GetEnvironmentVariable("PORT"));
    using var stop = new CancellationTokenSource();
    using var signals = Shutdown.On(stop);

    await using var network = await SandboxNetwork.StartAsync(
        new SandboxOptions { Port = line.Port, Tls = line.Tls, KeyDirectory = line.KeyDirectory }, stop.Token);
    StartupText.Network(network);
    await using var gateway = line.ServerOnly ? null : await EmbeddedGateway.StartAsync(network, line, stop.Token);
    StartupText.FirstSteps(network, gateway is null ? null : line.GatewayPort);

    await Shutdown.WaitAsync(stop.Token);
    return 0;
}
catch (FormatException problem)
{
    await Console.Error.WriteLineAsync(problem.Message + Environment.NewLine + CommandLine.Usage);
    return 2;
}
catch (Exception problem) when (problem is IOException or InvalidOperationException)
{
    await Console.Error.WriteLineAsync("cannot start: " + problem.Message);
    return 1;
}
