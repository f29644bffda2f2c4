using System.Globalization;

namespace WhatsApp.Sandbox;

/// <summary>Arguments of the program.</summary>
internal sealed record CommandLine(int Port, int GatewayPort, bool Tls, bool ServerOnly, string? DataDirectory, string? KeyDirectory)
{
    public const string Usage = """
        usage: sandbox [--port 5100] [--server-only] [--data DIR] [--keys DIR] [--tls]
          --port N       port of the network (clients, control API, media); 5100
          --server-only  the network alone, without the gateway (whose port is PORT, 5000)
          --data DIR     where the gateway keeps its data; a new temporary folder
          --keys DIR     keep root key, server key and TLS authority over restarts
          --tls          https and wss with an own authority
        """;

    /// <summary>Reads the arguments.</summary>
    /// <exception cref="FormatException">With one line for the user.</exception>
    public static CommandLine Parse(IReadOnlyList<string> args, string? gatewayPort)
    {
        var line = new CommandLine(5100, ReadPort(gatewayPort ?? "5000", "PORT"), false, false, null, null);
        for (var i = 0; i < args.Count; i++)
            line = args[i] switch
            {
                "--tls" => line with { Tls = true },
                "--server-only" => line with { ServerOnly = true },
                "--port" => line with { Port = ReadPort(Value(args, ref i), "--port") },
                "--data" => line with { DataDirectory = Value(args, ref i) },
                "--keys" => line with { KeyDirectory = Value(args, ref i) },
                var other => throw new FormatException($"unknown argument {other}"),
            };
        return line;
    }

    private static string Value(IReadOnlyList<string> args, ref int i) =>
        i + 1 < args.Count ? args[++i] : throw new FormatException($"{args[i]} needs a value");

    private static int ReadPort(string text, string name) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= ushort.MaxValue
            ? port : throw new FormatException($"{name} must be a port number");
}
