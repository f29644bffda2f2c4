using WhatsApp.Gateway;

try
{
    await using var app = GatewayApp.Create(args);
    await app.RunAsync();
    return 0;
}
catch (Exception error) when (StartErrors.Describe(error) is { } line)
{
    await Console.Error.WriteLineAsync(line);
    return 1;
}
