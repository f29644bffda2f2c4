namespace WhatsApp.Sandbox;

/// <summary>What the program prints when it is ready.</summary>
internal static class StartupText
{
    public static void Network(SandboxNetwork network)
    {
        Console.WriteLine($"WhatsApp sandbox   {network.SocketUrl}");
        Console.WriteLine($"control API        {network.ControlUrl}");
        Console.WriteLine($"noise root key     {Convert.ToHexStringLower(network.RootKey)}");
        if (network.CaFile is { } ca)
            Console.WriteLine($"TLS authority      {ca}");
    }

    public static void FirstSteps(SandboxNetwork network, Uri? gateway)
    {
        if (gateway is not null)
            Console.WriteLine($"gateway            {gateway}");
        Console.WriteLine();
        Console.WriteLine("first steps:");
        Console.WriteLine($"  curl -X POST {network.ControlUrl}phones -d '{{\"phoneNumber\":\"5511900000001\",\"pushName\":\"Ana\"}}'");
        Console.WriteLine($"  curl -X POST {network.ControlUrl}phones/5511900000001/scan -d '{{\"qr\":\"TEXT OF THE QR\"}}'");
        Console.WriteLine();
    }
}
